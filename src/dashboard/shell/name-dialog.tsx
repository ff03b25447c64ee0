import { useDashboard } from '../dashboard.js';
import { Dialog } from './dialog.js';

export function NameDialog() {
  const { person } = useDashboard();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get('name')).trim();
    if (name !== '') person.answer(name);
  };
  return (
    <Dialog open={person.asking.value} title="Your name" onClose={() => person.answer(undefined)}>
      <form onSubmit={submit}>
        <p>Others see it on the alerts that you acknowledge or resolve. This browser remembers it.</p>
        <label>
          Name
          <input name="name" defaultValue={person.name.value} required maxLength={64} autocomplete="name" />
        </label>
        <div class="buttons">
          <button type="button" onClick={() => person.answer(undefined)}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  );
}
