// Stash's cover beside the picture that Plex shows. The plugin gets the latter, since the page has no token.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, text } = S;
  const { Empty, Loading, Problem } = S;

  S.isImage = (field) => field === "poster" || field === "background";

  // A value of a field. Plex knows a picture by a key, which says nothing to a person.
  S.FieldValue = function FieldValue({ field, of }) {
    return S.isImage(field) && of ? text("pictures.one") : h(S.Value, { of });
  };

  const Side = ({ title, children }) => h("figure", null, children, h("figcaption", null, title));

  function OfPlex({ item, field }) {
    const look = (signal) => S.operation("plex_picture", { item, field }, signal);
    const { data, error } = S.useOnce(look, [item, field]);
    if (!data) return error ? h(Problem, { text: error }) : h(Loading);
    if (!data.picture) return h(Empty, null, text("pictures.none"));
    return h("img", { src: data.picture, alt: text("pictures.ofPlex") });
  }

  // A picture of an item in Plex is asked for as soon as this is shown.
  S.BothPictures = function BothPictures({ scene, item, field }) {
    const cover = { src: S.coverOf(scene), alt: text("pictures.ofStash"), loading: "lazy" };
    return h(
      "div",
      { className: "s2p-both" },
      h(Side, { title: text("pictures.plex", { field: S.fieldName(field) }) }, h(OfPlex, { item, field })),
      h(Side, { title: text("pictures.stash") }, h("img", cover)),
    );
  };
})();
