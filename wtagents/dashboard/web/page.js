// The terminal does not take the keys by itself.
addEventListener("load", () => document.querySelector("textarea")?.focus());
