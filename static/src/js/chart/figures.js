// Figures on axes and in tooltips. Money travels as micros, rates as ratios; both stay exact until they are drawn.
const SCALE = { money: 1e-6, percent: 100 };
const MINUS = '\u2212';

export const scaled = (value, unit) => (value === null || value === undefined ? null : Number(value) * (SCALE[unit] ?? 1));

function grouped(value, locale, digits, fewest = digits) {
  return new Intl.NumberFormat(locale, { minimumFractionDigits: fewest, maximumFractionDigits: digits }).format(value).replace('-', MINUS);
}

function dressed(text, data) {
  if (data.unit === 'percent') return data.locale === 'ru' ? `${text}\u00a0%` : `${text}%`;
  if (data.unit !== 'money') return text;
  const sign = data.sign ?? data.currency ?? '';
  if (data.locale === 'ru') return `${text}\u00a0${sign}`;
  return sign.length > 1 && /\w$/.test(sign) ? `${sign}\u00a0${text}` : sign + text;
}

// Whole to the last digit shown everywhere else: two for money and rates, none for counts.
export function exact(value, data) {
  if (value === null) return '—';
  return dressed(grouped(value, data.locale, data.digits ?? (data.unit === 'money' || data.unit === 'percent' ? 2 : 0)), data);
}

// Axes alone may shorten: 15K, 1.5M.
export function short(value, data) {
  const size = Math.abs(value);
  const [step, mark] = size >= 1e6 ? [1e6, data.locale === 'ru' ? '\u00a0млн' : 'M'] : size >= 1e4 ? [1e3, data.locale === 'ru' ? '\u00a0тыс.' : 'K'] : [1, ''];
  return dressed(grouped(value / step, data.locale, size >= 1e4 || size >= 10 || size === 0 ? 1 : 3, 0) + mark, data);
}
