import { useDashboard } from '../dashboard.js';
import { Dialog } from './dialog.js';

const keys: readonly (readonly [key: string, meaning: string])[] = [
  ['j', 'next alert'],
  ['k', 'previous alert'],
  ['Enter', 'show or hide the details of the alert'],
  ['a', 'acknowledge the alert'],
  ['r', 'resolve the alert'],
  ['/', 'search alerts'],
  ['Space', 'stop and continue the charts'],
  ['?', 'this list'],
  ['Esc', 'leave'],
];

export function HelpDialog() {
  const { helpShown } = useDashboard();
  const close = (): void => {
    helpShown.value = false;
  };
  return (
    <Dialog open={helpShown.value} title="Keys" onClose={close}>
      <table class="keys">
        <tbody>
          {keys.map(([key, meaning]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
