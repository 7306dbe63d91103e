import { closing, TEXT } from './frames.ts';
import { inFragments } from './fragments.ts';
import { text } from './messages.ts';
import type { Sin } from './broken-rules.ts';

/** @see https://www.rfc-editor.org/rfc/rfc3629#section-4 (read 2026-11-21) */
const spellings: readonly [name: string, hex: string][] = [
  ['a lone continuation byte', '80'],
  ['a lone continuation byte after text', '6162bf'],
  ['an overlong slash in two bytes', 'c0af'],
  ['an overlong NUL in two bytes', 'c080'],
  ['an overlong character in two bytes', 'c1bf'],
  ['an overlong slash in three bytes', 'e080af'],
  ['the largest overlong in three bytes', 'e09fbf'],
  ['an overlong slash in four bytes', 'f08080af'],
  ['the largest overlong in four bytes', 'f08fbfbf'],
  ['the first high surrogate', 'eda080'],
  ['the last high surrogate', 'edafbf'],
  ['the first low surrogate', 'edb080'],
  ['a pair of surrogates', 'eda0bdedb39e'],
  ['U+110000', 'f4908080'],
  ['the byte F5', 'f5808080'],
  ['five bytes', 'f888808080'],
  ['six bytes', 'fc8480808080'],
  ['the byte FE', 'fe'],
  ['the byte FF', 'ff'],
  ['two bytes of three, and text', 'e28261'],
  ['one byte of two, twice', 'c3c3a4'],
  ['one byte of two, at the end', '61c3'],
  ['two bytes of three, at the end', '61e282'],
  ['three bytes of four, at the end', '61f09f93'],
  ['a fault behind 60,000 good bytes', `${'61'.repeat(60_000)}ff`],
];

const pieces: Sin[] = spellings.flatMap(([name, hex]) => {
  const bytes = Buffer.from(hex, 'hex');
  const sins: Sin[] = [
    { name: `text with ${name}`, code: 1007, frames: [text(bytes)], isMessage: true },
    {
      name: `a second fragment with ${name}`,
      code: 1007,
      frames: inFragments(TEXT, ['good ', bytes]),
      isMessage: true,
    },
  ];
  if (bytes.length > 100) return sins;
  return [...sins, { name: `a close reason with ${name}`, code: 1007, frames: [closing(1000, bytes)] }];
});

const split: Sin[] = [
  {
    name: 'a character that a fragment begins and the next one does not end',
    code: 1007,
    frames: inFragments(TEXT, [Buffer.from('e282', 'hex'), 'a']),
    isMessage: true,
  },
  {
    name: 'a character that an empty last fragment leaves unfinished',
    code: 1007,
    frames: inFragments(TEXT, [Buffer.from('e282', 'hex'), '']),
    isMessage: true,
  },
  {
    name: 'a surrogate split between fragments',
    code: 1007,
    frames: inFragments(TEXT, [Buffer.from('61ed', 'hex'), Buffer.from('a080', 'hex')]),
    isMessage: true,
  },
  {
    name: 'a first fragment that is no text, not final',
    code: 1007,
    frames: [{ ...text(Buffer.from('c0', 'hex')), fin: false }],
    isMessage: true,
  },
  {
    name: 'an overlong split between three fragments',
    code: 1007,
    frames: inFragments(TEXT, [
      Buffer.from('61f0', 'hex'),
      '',
      Buffer.from('80', 'hex'),
      Buffer.from('8080', 'hex'),
    ]).slice(0, 3),
    isMessage: true,
  },
];

export const notText: readonly Sin[] = [...pieces, ...split];
