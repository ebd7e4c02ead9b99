// Runs before the first paint: says that scripts work, and holds the colours that somebody chose.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("damsight-theme");
    } catch {
      return null; // storage may be forbidden; the system's colours then hold
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem("damsight-theme", theme);
    } catch {
      // as above: the choice holds until the page is left
    }
  };
  let theme = chosen();
  const apply = () => {
    if (theme) root.dataset.theme = theme;
    const dark = theme ? theme === "dark" : system.matches;
    document.getElementById("theme")?.setAttribute("aria-pressed", String(dark));
    return dark;
  };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    apply();
    document.getElementById("theme")?.addEventListener("click", () => {
      theme = apply() ? "light" : "dark";
      keep(theme);
      apply();
    });
  });
})();
