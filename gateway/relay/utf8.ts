/** The high bit of four bytes: none of them set, all four are ASCII. */
const NOT_ASCII = 0x80808080;

/** Checks text that comes in pieces, cut anywhere, masked or not. Nothing is copied or decoded. */
export class Utf8 {
  /** Continuation bytes that must still follow, and between which bounds the next one lies: RFC 3629 §4. */
  #missing = 0;
  #lowest = 0x80;
  #highest = 0xbf;

  /** No character is begun and unfinished. */
  get isWhole(): boolean {
    return this.#missing === 0;
  }

  reset(): void {
    this.#missing = 0;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
  }

  /** False as soon as [from, to) cannot be text. `mask`: the masking key as a little-endian word, turned to byte `from`. */
  accepts(view: DataView, from: number, to: number, mask: number): boolean {
    let at = from;
    let key = mask;
    while (at < to) {
      if (this.#missing === 0) {
        while (at + 4 <= to && ((view.getInt32(at, true) ^ key) & NOT_ASCII) === 0) at += 4;
        if (at === to) return true;
      }
      if (!this.#next(view.getUint8(at) ^ (key & 0xff))) return false;
      key = turned(key, 1);
      at += 1;
    }
    return true;
  }

  #next(byte: number): boolean {
    if (this.#missing === 0) return byte < 0x80 || this.#begin(byte);
    if (byte < this.#lowest || byte > this.#highest) return false;
    this.#missing -= 1;
    this.#lowest = 0x80;
    this.#highest = 0xbf;
    return true;
  }

  #begin(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    // No longer spelling than needed, no surrogates, nothing above U+10FFFF.
    if (byte === 0xe0) this.#lowest = 0xa0;
    else if (byte === 0xed) this.#highest = 0x9f;
    else if (byte === 0xf0) this.#lowest = 0x90;
    else if (byte === 0xf4) this.#highest = 0x8f;
    return true;
  }
}

/** A masking key for the byte that lies `bytes` further. */
export function turned(mask: number, bytes: number): number {
  const bits = (bytes % 4) * 8;
  return bits === 0 ? mask : (mask >>> bits) | (mask << (32 - bits));
}
