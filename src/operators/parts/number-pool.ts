/** Hands out the smallest integers, from 1 on, and those that were given back first. */
export class NumberPool {
  private readonly returned: number[] = [];
  private last = 0;

  take(): number {
    const again = this.returned.pop();
    if (again !== undefined) return again;
    this.last += 1;
    return this.last;
  }

  giveBack(taken: number): void {
    this.returned.push(taken);
    if (this.returned.length < this.last) return;
    this.returned.length = 0;
    this.last = 0;
  }
}
