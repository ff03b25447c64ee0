/** Readers of the tables that Linux keeps under /proc. */

const sectorBytes = 512;
/** Devices that stand for parts or stacks of others: counting them would count a byte twice. */
const derivedDevice = /^(loop|ram|zram|dm-|md)/;

/** Bytes received and sent since boot over all interfaces but loopback; `table` is /proc/net/dev. */
export function networkBytes(table: string): { rx: number; tx: number } {
  const sum = { rx: 0, tx: 0 };
  for (const line of table.split('\n')) {
    const [name, numbers] = line.split(':');
    if (numbers === undefined || name!.trim() === 'lo') continue;
    const columns = numbers.trim().split(/\s+/).map(Number);
    sum.rx += columns[0]!;
    sum.tx += columns[8]!;
  }
  return sum;
}

/** Bytes read and written since boot over whole devices; `table` is /proc/diskstats, `devices` the names in /sys/block. */
export function diskBytes(table: string, devices: readonly string[]): { read: number; written: number } {
  const whole = new Set(devices.filter((device) => !derivedDevice.test(device)));
  const sum = { read: 0, written: 0 };
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (!whole.has(columns[2] ?? '')) continue;
    sum.read += Number(columns[5]) * sectorBytes;
    sum.written += Number(columns[9]) * sectorBytes;
  }
  return sum;
}
