// Panels under a button are <details>; scripts only add what one expects of them: one at a time, Esc, a click beside.
const opened = () => document.querySelectorAll('details[data-drop][open]');

document.addEventListener('click', (event) => {
  opened().forEach((drop) => {
    const inside = drop.contains(event.target);
    const chosen = inside && event.target.closest('a.menu-item, button.menu-item');
    if (!inside || chosen) drop.open = false;
  });
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') close(event);
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') step(event);
});

function close(event) {
  opened().forEach((drop) => {
    if (drop.contains(document.activeElement)) drop.querySelector('summary').focus();
    drop.open = false;
    event.stopPropagation();
  });
}

// Arrow keys walk through the lines of an open panel.
function step(event) {
  const drop = event.target.closest?.('details[data-drop][open]');
  if (!drop || event.target.matches('input, select, textarea')) return;
  const lines = [...drop.querySelectorAll('.drop-panel a, .drop-panel button')];
  const next = lines.indexOf(document.activeElement) + (event.key === 'ArrowDown' ? 1 : -1);
  event.preventDefault();
  lines[(next + lines.length) % lines.length]?.focus();
}
