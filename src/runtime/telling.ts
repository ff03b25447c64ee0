import { deliverySettings, onChange } from '../live/settings.js';
import { type DeliveryRecord, type OutboxMessage, toldBy } from '../model/delivery.js';
import type { Settling } from '../streams/catch-up.js';
import { startDelivery } from '../streams/delivery.js';
import { startDispatch } from '../streams/dispatch.js';
import type { Running } from './running.js';

type OnResult = (record: DeliveryRecord, message: OutboxMessage) => void;

/** From the log to the outbox, and from the outbox to the channels. */
export async function startTelling(running: Running, settling: Settling): Promise<void> {
  const { deps, condition, onStop } = running;
  const { channels, driver, stats } = deps;
  const onResult: OnResult = (record, message) => {
    for (const _ of toldBy(message)) stats.delivered(record, message.event.marks?.stored);
  };
  const delivery = await startWorkers(running, settling, onResult);
  onStop(() => {
    settling.end();
    channels.detach();
    return delivery.stop();
  });
  const regroup = await startGrouping(running, onResult);
  channels.attach({
    ...{ delivery, outbox: driver.outbox, changed: regroup },
    isConnected: () => condition.isConnected,
  });
}

function startWorkers({ deps, parts }: Running, settling: Settling, onResult: OnResult) {
  const { live, driver, channels, clock, scheduler, random, logger } = deps;
  const { log, outbox } = driver;
  return startDelivery({
    ...{ outbox, log, channels, clock, scheduler, random, logger, onResult },
    settled: settling.over,
    config: deliverySettings(live),
    deliveries: (id) => parts.readModel.deliveries(id),
  });
}

/** Resolves to what groups anew, after channels have come or gone. */
async function startGrouping({ deps, parts, onStop }: Running, onResult: OnResult): Promise<() => Promise<void>> {
  const { live, driver, channels, clock, scheduler, logger } = deps;
  const { log, outbox } = driver;
  const dispatch = await startDispatch({
    ...{ log, outbox, channels, clock, scheduler, logger, onResult },
    group: live.current.group,
    groupChannels: () => [...channels.values()].filter(({ sendGroup }) => sendGroup).map(({ name }) => name),
    onRetired: (retired) => parts.janitor.retire(retired),
  });
  const regroup = () => dispatch.configure(live.current.group);
  const regrouping = onChange(
    live,
    ({ group }) => group,
    () => void regroup(),
  );
  onStop(() => {
    regrouping.unsubscribe();
    return dispatch.stop();
  });
  return regroup;
}
