// The language of the page, and how texts, numbers and times are shown in it.
//
// S.TEXTS has the texts of each language, by its tag: texts.js has English, texts_de.js has German.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { useIntl } = S.api.libraries.Intl || {}; // of Stash: react-intl
  const DEFAULT = "en";
  S.TEXTS = {};

  // -- the language: that of Stash, else one of the browser, else English

  let asked; // the language of Stash, as `language` was chosen for it
  let language = DEFAULT;
  let numbers, clock, calendar; // how values are shown, by the rules of a place

  const baseOf = (tag) => tag.split("-")[0].toLowerCase();
  const known = (tags) => tags.flatMap((tag) => [tag, baseOf(tag)]).find((tag) => S.TEXTS[tag]);

  // Texts in English do not show that a person chose English: Stash has it from the start. Numbers and
  // times are then shown as the browser shows them.
  function placeOf(tag) {
    const own = navigator.language;
    if (language === DEFAULT || baseOf(own) === baseOf(language)) return own;
    return tag && baseOf(tag) === baseOf(language) ? tag : language;
  }

  // Some browsers name a language that Intl refuses, as "en-US@posix". Intl's own is used then.
  function valid(tag) {
    try {
      return Intl.getCanonicalLocales(tag)[0];
    } catch {
      return undefined;
    }
  }

  function choose(tag) {
    asked = tag;
    language = known([tag, ...(navigator.languages || [])].filter(Boolean)) || DEFAULT;
    const place = valid(placeOf(tag));
    numbers = new Intl.NumberFormat(place);
    clock = new Intl.DateTimeFormat(place, { timeStyle: "short" });
    calendar = new Intl.DateTimeFormat(place, { dateStyle: "medium", timeStyle: "short" });
  }
  choose(null); // until a component asks Stash

  function useStashLanguage() {
    try {
      return useIntl().locale;
    } catch {
      return undefined; // this Stash does not tell it
    }
  }

  // Its children are drawn anew when Stash's language changes.
  S.Translated = function Translated({ children }) {
    const tag = useStashLanguage();
    if (tag !== asked) choose(tag);
    return h(React.Fragment, { key: language }, children);
  };
  S.language = () => language;

  // -- texts

  // {name} is a value. {name:job|jobs} is the word that fits the number `name`: the language has a word for
  // each of its plural categories, in this order.
  const PLACE = /\{(\w+)(?::([^}]*))?\}/g;
  const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];
  const rules = {}; // language -> the categories that it has, and what selects one of them

  function rulesOf(tag) {
    const plurals = new Intl.PluralRules(tag);
    const { pluralCategories: used } = plurals.resolvedOptions();
    const categories = CATEGORIES.filter((category) => used.includes(category));
    return { categories, select: (count) => plurals.select(count) };
  }

  function wordFor(count, words, tag) {
    rules[tag] = rules[tag] || rulesOf(tag);
    const { categories, select } = rules[tag];
    const forms = words.split("|");
    return forms[Math.min(categories.indexOf(select(count)), forms.length - 1)];
  }

  // A key that the language lacks is shown in English.
  const tagOf = (key) => [language, DEFAULT].find((tag) => key in (S.TEXTS[tag] || {}));

  function filled(key, tag, [place, name, words], values) {
    const value = values[name];
    if (value === undefined) {
      console.error(S.ID, key, place);
      return place;
    }
    if (words !== undefined) return wordFor(value, words, tag);
    return typeof value === "number" ? S.number(value) : value;
  }

  // The text of a key in pieces: what is between its places, and what fills them.
  function pieces(key, values) {
    const tag = tagOf(key);
    if (!tag) {
      console.error(S.ID, key);
      return [key];
    }
    const template = S.TEXTS[tag][key];
    const result = [];
    let end = 0;
    for (const match of template.matchAll(PLACE)) {
      result.push(template.slice(end, match.index), filled(key, tag, match, values));
      end = match.index + match[0].length;
    }
    return [...result, template.slice(end)];
  }

  // Numbers are shown as numbers (1,234). An id is passed as a string, so that it stays as it is.
  S.text = (key, values = {}) => pieces(key, values).join("");
  // The same, with React elements as values.
  S.richText = (key, values) => h(React.Fragment, null, ...pieces(key, values));
  S.list = (items) => items.join(S.text("list.separator"));
  // The text for a name that comes from the plugin. A name without a text is shown as it is.
  S.nameOf = (group, name) => {
    const key = `${group}.${name}`;
    return tagOf(key) ? S.text(key) : name.replace(/_/g, " ");
  };
  // The heads of a table's columns.
  S.heads = (...names) => names.map((name) => S.text(`head.${name}`));
  S.fieldName = (field) => S.nameOf("field", field);

  // -- numbers and times

  S.number = (value) => numbers.format(value);

  const isToday = (date) => date.toDateString() === new Date().toDateString();
  // The time, and before it the day unless that is today.
  S.when = (seconds) => {
    if (!seconds) return S.text("time.never");
    const date = new Date(seconds * 1000);
    return (isToday(date) ? clock : calendar).format(date);
  };

  const UNITS = { days: 86400, hours: 3600, minutes: 60, seconds: 1 };
  // A distance in time, in its largest unit: "3 min ago", "in 2 h".
  S.distance = (seconds, now) => {
    const gap = Math.abs(seconds - now);
    const unit = Object.keys(UNITS).find((name) => gap >= UNITS[name]) || "seconds";
    const count = Math.round(gap / UNITS[unit]);
    return S.text(seconds > now ? `time.in.${unit}` : `time.ago.${unit}`, { count });
  };
})();
