// Drawing an ad inside an element's shadow, where the page's own styles do not reach it.
const CSS = ':host{display:block}a{display:block;color:inherit;text-decoration:none}'
  + 'img{display:block;max-width:100%;height:auto}'
  + '.card{display:flex;flex-direction:column;box-sizing:border-box;overflow:hidden;border:1px solid #8885;border-radius:8px;font:14px/1.4 system-ui,sans-serif}'
  + '.card img{width:100%;flex:1 1 auto;min-height:0;object-fit:cover}.words{padding:10px 12px}strong,span{display:block}span{opacity:.8}';

// Keep the room free before anything is known, so that nothing on the page moves. The empty drawing that kept it until
// now cannot get narrower with the page, so it goes.
export function reserve(element) {
  const { dataset: { width, height }, style } = element;
  if (width) style.width = `${parseInt(width, 10)}px`;
  if (height) style.minHeight = `${parseInt(height, 10)}px`;
  style.maxWidth = '100%';
  if (height) element.querySelector(':scope > svg:empty')?.remove();
}

function make(name, values, ...children) {
  const element = Object.assign(document.createElement(name), values);
  element.append(...children);
  return element;
}

function styled(root) {
  try {
    // A constructed sheet passes policies that refuse inline styles.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(make('style', { textContent: CSS }));
  }
}

function picture(ad, shown, failed) {
  const image = make('img', { alt: ad.size === 'native' ? '' : ad.title || 'Advertisement', onload: shown, onerror: failed });
  if (ad.width) image.width = ad.width;
  if (ad.height) image.height = ad.height;
  image.src = ad.image;
  return image;
}

// Calls `shown` once, when there is something to see.
export function draw(element, ad, click, shown) {
  const root = element.shadowRoot || element.attachShadow({ mode: 'open' });
  const link = make('a', { href: click, target: '_blank', rel: 'noopener sponsored nofollow' });
  let told = false;
  const once = () => {
    if (!told) shown();
    told = true;
  };
  const card = ad.size === 'native';
  const words = card && make('div', { className: 'words' }, make('strong', { textContent: ad.title }), make('span', { textContent: ad.text }));
  if (ad.image) link.append(picture(ad, once, () => (card ? once() : link.remove())));
  if (card) {
    link.className = 'card';
    // As tall as its room: the picture gives way, the page below stays where it is.
    if (element.dataset.height) link.style.height = `${parseInt(element.dataset.height, 10)}px`;
    link.append(words);
  }
  styled(root);
  root.append(link);
  if (!ad.image) once();
}
