import { useDashboard } from '../dashboard.js';

export function ToastStack() {
  const { toasts } = useDashboard();
  const shown = toasts.shown.value.filter(({ action }) => action?.isPossible() ?? true);
  return (
    <div class="toasts" role="status">
      {shown.map(({ id, text, kind, action }) => (
        <div key={id} class={`toast ${kind}`}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              onClick={() => {
                toasts.dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
