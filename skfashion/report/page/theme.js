// Light or dark: as the system is set, until the reader chooses.

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const button = document.getElementById("theme");
let chosen = null;
try { chosen = localStorage.getItem("skfashion-theme"); } catch { /* a frame without storage */ }

export function showTheme() {
  const dark = chosen ? chosen === "dark" : systemDark.matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  button.textContent = dark ? "\u2600" : "\u263e";
  button.setAttribute("aria-pressed", String(dark));
  button.title = dark ? "Light colours" : "Dark colours";
}

button.addEventListener("click", () => {
  chosen = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("skfashion-theme", chosen); } catch { /* a frame without storage */ }
  showTheme();
});
systemDark.addEventListener("change", showTheme);
