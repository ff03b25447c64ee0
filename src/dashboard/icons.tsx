import type { Severity } from '../model/severity.js';

/** Severity is told by shape and word; the colour only repeats it. */
const severityShapes: Record<Severity, string> = {
  critical: 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z',
  high: 'M8 1.5 15.5 14.5H.5z',
  medium: 'M8 .8 15.2 8 8 15.2.8 8z',
  low: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z',
};

export function SeverityIcon({ severity }: { readonly severity: Severity }) {
  return (
    <svg class={`icon severity-${severity}`} viewBox="0 0 16 16" aria-hidden="true">
      <path fill="currentColor" d={severityShapes[severity]} />
    </svg>
  );
}

const strokes = {
  bell: 'M8 1.5v1M3.5 11.5c1-1 1.4-2.5 1.4-4.6a3.1 3.1 0 0 1 6.2 0c0 2.1.4 3.6 1.4 4.6zM6.7 14a1.5 1.5 0 0 0 2.6 0',
  check: 'M2.5 8.5 6.5 12.5 13.5 4',
  repeat: 'M3 7.5a5 5 0 0 1 9-2.5M12.5 2v3.5H9M13 8.5a5 5 0 0 1-9 2.5M3.5 14v-3.5H7',
  up: 'M8 13.5v-11M3.5 7 8 2.5 12.5 7',
  person: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.6-3 2.8-4.2 5.5-4.2s4.9 1.2 5.5 4.2',
  pause: 'M5.5 3v10M10.5 3v10',
  play: 'M4.5 2.5 13 8l-8.5 5.5z',
  help: 'M5.7 5.5a2.3 2.3 0 1 1 3.4 2c-.8.5-1.1.9-1.1 1.8M8 12.2v.3',
  auto: 'M8 1.5a6.5 6.5 0 1 0 0 13zM8 1.5a6.5 6.5 0 0 1 0 13',
  dark: 'M13.5 9.5A5.8 5.8 0 0 1 6.5 2.5a5.8 5.8 0 1 0 7 7z',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.2M8 13.8V15M1 8h1.2M13.8 8H15M3 3l.9.9M12.1 12.1l.9.9M3 13l.9-.9M12.1 3.9 13 3',
} as const;

export type IconName = keyof typeof strokes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
        d={strokes[name]}
      />
    </svg>
  );
}
