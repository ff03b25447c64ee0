import { useDashboard } from '../dashboard.js';

export function ToastStack() {
  const { toasts } = useDashboard();
  return (
    <div class="toasts" role="status">
      {toasts.shown.value.map(({ id, text, kind, action }) => (
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
