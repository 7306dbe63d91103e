/** Numbered items in the order of their keys: the least first. */
export class Heap {
  readonly #keys = new Map<number, number>();
  readonly #items: number[] = [];
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#items.length;
  }

  /** The item with the least key. */
  get first(): number | undefined {
    return this.#items[0];
  }

  keyOf(item: number): number {
    return this.#keys.get(item) ?? Infinity;
  }

  /** Adds it, or gives it another key. */
  set(item: number, key: number): void {
    this.#keys.set(item, key);
    const place = this.#places.get(item) ?? this.#items.push(item) - 1;
    this.#places.set(item, place);
    this.#down(this.#up(place));
  }

  delete(item: number): void {
    const place = this.#places.get(item);
    if (place === undefined) return;
    const last = this.#items.pop();
    this.#places.delete(item);
    this.#keys.delete(item);
    if (last === undefined || last === item) return;
    this.#items[place] = last;
    this.#places.set(last, place);
    this.#down(this.#up(place));
  }

  #up(from: number): number {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#at(parent) <= this.#at(place)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #down(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      if (left >= this.#items.length) return;
      const least = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(place) <= this.#at(least)) return;
      this.#swap(place, least);
      place = least;
    }
  }

  #at(place: number): number {
    const item = this.#items[place];
    return item === undefined ? Infinity : this.keyOf(item);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#items[one] ?? 0, this.#items[other] ?? 0];
    this.#items[one] = b;
    this.#items[other] = a;
    this.#places.set(b, one).set(a, other);
  }
}
