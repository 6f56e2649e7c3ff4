// Theme colours as the canvas needs them.
export const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colour = (name) => (name?.startsWith('--') ? variable(name) : name);
export const faded = (value, alpha) => value.replace(/\)$/, ` / ${alpha})`);
export const FONT = '"Inter var", system-ui, sans-serif';
