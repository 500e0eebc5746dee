// Wakes the theme's search worker and helps it with Korean, whose nouns carry endings and stand inside other words:
// a Hangul word is looked for inside words (기울기 finds 기울기를, 함수 finds 활성화함수), and without its own particle.
(() => {
  const PARTICLE = /(으로부터|에서는|으로는|에서|에게|으로|부터|까지|처럼|보다|은|는|이|가|을|를|의|에|로|와|과|도|만)$/;
  const HANGUL = /^[가-힣]+$/;

  const widened = (query) => query.split(/\s+/).flatMap((word) => {
    if (!HANGUL.test(word)) return [word];
    const stem = word.replace(PARTICLE, "");
    return stem !== word && stem.length > 1 ? [`*${word}`, `*${stem}`] : [`*${word}`];
  }).join(" ");

  // The theme looks for found words at beginnings only and would call the others missing.
  const corrected = (item) => {
    const text = `${item.title} ${item.text}`.replace(/<[^>]*>/g, "");
    const entries = Object.entries(item.terms).map(([term, found]) => [term, found || (HANGUL.test(term) && text.includes(term))]);
    const found = entries.filter(([, yes]) => yes).map(([term]) => term);
    item.terms = Object.fromEntries(entries.filter(([term, yes]) => yes || !found.some((stem) => term.startsWith(stem))));
  };

  const QUERY = 2, RESULT = 3; // the theme's message types
  addEventListener("message", ({ data }) => {
    if (data.type === QUERY) data.data = widened(data.data);
  });
  const post = self.postMessage.bind(self);
  self.postMessage = (message) => {
    if (message.type === RESULT) message.data.items.flat().forEach(corrected);
    post(message);
  };
  importScripts(location.hash.slice(1));
})();
