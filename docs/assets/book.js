// The site's own few lines. Without them every page reads well: figures stand still, the rest is the theme's.
(() => {
  // Figures that move are sliders over frames that were drawn when the site was built.
  const start = (figure) => {
    const sliders = [...figure.querySelectorAll("input[type=range]")];
    const frame = figure.querySelector(".fig__frame");
    const live = figure.querySelector(".fig__live");
    const values = sliders.map((slider) => JSON.parse(slider.dataset.values));
    let frames = null;

    const load = () => {
      frames ??= fetch(new URL(figure.dataset.frames, document.baseURI)).then((answer) => {
        if (!answer.ok) throw new Error(answer.status);
        return answer.json();
      });
      return frames;
    };

    const warm = () => load().catch(() => { frames = null; });

    const index = () => sliders.reduce((sum, slider, k) => sum * values[k].length + Number(slider.value), 0);

    const say = (slider, k) => {
      const value = values[k][slider.value];
      slider.setAttribute("aria-valuetext", value);
      slider.nextElementSibling.value = value;
    };

    const show = async () => {
      try {
        const { svg, alt } = (await load())[index()];
        frame.innerHTML = svg.replace(/<style[^]*?<\/style>/g, "");
        frame.firstElementChild.setAttribute("role", "img");
        frame.firstElementChild.setAttribute("aria-label", alt);
        return alt;
      } catch {
        frames = null; // the next move tries again
        return figure.dataset.failed;
      }
    };

    sliders.forEach((slider, k) => {
      say(slider, k); // a browser may bring back a value of its own
      slider.addEventListener("pointerdown", warm, { once: true, passive: true });
      slider.addEventListener("focus", warm, { once: true });
      slider.addEventListener("input", () => { say(slider, k); show(); });
      slider.addEventListener("change", async () => { live.textContent = await show(); });
    });
    figure.querySelector(".fig__controls").hidden = false;
  };
  document.querySelectorAll(".fig--moves").forEach(start);

  // The theme's search listens to keys only; text that is composed, pasted or dictated may come without one.
  const query = document.querySelector(".md-search__input");
  query?.addEventListener("input", () => query.dispatchEvent(new KeyboardEvent("keyup")));

  // What is too wide scrolls in its own box; such a box, and no other, can be reached by keyboard.
  const boxes = new ResizeObserver((entries) => entries.forEach(({ target }) => {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }));
  const watch = (kinds) => document.querySelectorAll(kinds).forEach((box) => boxes.observe(box));
  watch(".equation, .output pre, .highlight code");
  addEventListener("load", () => watch(".md-typeset__scrollwrap")); // the theme's script puts tables into these
})();
