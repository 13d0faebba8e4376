// Some scenes as they will look in Plex: cover, title, and what a sync would change.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Problem, Loading, Empty, SceneLink, Value, coverOf } = S;

  // Images are keys in Plex, which say nothing to a person.
  function Change({ field, before, after }) {
    const isImage = field === "poster" || field === "background";
    return h(
      "li",
      null,
      h("strong", null, S.fieldName(field)),
      ": ",
      isImage ? text("samples.image") : h(React.Fragment, null, h(Value, { of: before }), " → "),
      !isImage && h(Value, { of: after }),
    );
  }

  function Sample({ sample }) {
    const { scene, title, has_cover: hasCover, fields } = sample;
    const writes = fields.filter((row) => row.writes);
    const cover = { src: coverOf(scene), alt: text("samples.cover", { title }), loading: "lazy" };
    return h(
      "li",
      { className: "s2p-sample" },
      hasCover ? h("img", cover) : h("div", { className: "s2p-empty" }, text("samples.noCover")),
      h("h3", null, h(SceneLink, { id: scene, title })),
      writes.length
        ? h(
            "ul",
            { className: "s2p-plain" },
            writes.map((row) => h(Change, { key: row.field, ...row })),
          )
        : h(Empty, null, text("samples.same")),
    );
  }

  S.Samples = function Samples({ version }) {
    const look = (signal) => S.operation("samples", {}, signal);
    const { data, error } = S.useOnce(look, [version]);
    if (!data) return error ? h(Problem, { text: error }) : h(Loading);
    if (!data.rows.length) return h(Empty, null, text("samples.none", { count: data.looked_at }));
    return h(
      "ul",
      { className: "s2p-samples" },
      data.rows.map((sample) => h(Sample, { key: `${sample.scene} ${sample.item}`, sample })),
    );
  };
})();
