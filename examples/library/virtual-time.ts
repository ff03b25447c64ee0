import { VirtualTimeScheduler } from 'rxjs';
import { type Channel, createEngine } from 'tocsin';

/** What a rule with `for: 10m` sends in the first twenty minutes, told in a moment. */
export async function twentyMinutes(): Promise<readonly string[]> {
  const sent: string[] = [];
  const scheduler = new VirtualTimeScheduler();
  const clock = { wall: () => 1_700_000_000_000 + scheduler.now() };
  const page: Channel = {
    name: 'page',
    type: 'test',
    isAvailable: () => true,
    async send({ type }) {
      sent.push(`${type} after ${scheduler.now() / 60_000} min`);
      return { outcome: 'delivered' };
    },
  };
  const engine = createEngine(
    {
      nats: { inProcess: true },
      rules: [{ id: 'hot', metric: 'temp', when: '> 80', for: '10m', staleAfter: '1h', channels: ['page'] }],
    },
    { channels: [page], gateway: false, scheduler, clock },
  );
  await engine.start();
  engine.publish({ name: 'temp', source: 'oven', value: 99 });
  for (let second = 0; second < 1_200; second++) await pass(scheduler, 1_000);
  await engine.stop();
  return sent;
}

/** Lets time pass, and then what waits for promises. */
async function pass(scheduler: VirtualTimeScheduler, ms: number): Promise<void> {
  scheduler.schedule(() => undefined, ms);
  scheduler.maxFrames = scheduler.now() + ms;
  scheduler.flush();
  await new Promise((resolve) => setImmediate(resolve));
}
