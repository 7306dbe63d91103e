import type { CarrierDocument, DocumentAddress, Verb } from './carrier.ts';
import { GatewayError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import { lookUp } from './table.ts';
import { elementsOf, textOf, type XmlElement } from './xml.ts';

/** Reads one element of a document as the steps it stands for. Throws ERR_DOCUMENT_REFUSED. */
export type VerbReader = (element: XmlElement) => readonly Verb[];

/** A carrier does not take this document: `message` says what is wrong and what cures it. */
export function refusedDocument(message: string): GatewayError {
  return new GatewayError('ERR_DOCUMENT_REFUSED', message);
}

/** The root of an XML document. Throws ERR_DOCUMENT_REFUSED for JSON. */
export function xmlRoot(document: CarrierDocument): XmlElement {
  if (document.type === 'xml') return document.root;
  throw refusedDocument('it is JSON: answer as text/xml');
}

/** The value of a JSON document. Throws ERR_DOCUMENT_REFUSED for XML. */
export function jsonValue(document: CarrierDocument): unknown {
  if (document.type === 'json') return document.value;
  throw refusedDocument('it is XML: answer as application/json');
}

/** The steps of a `<Response>`, each verb by its reader. Throws ERR_DOCUMENT_REFUSED for any other element. */
export function readVerbs(root: XmlElement, readers: Readonly<Record<string, VerbReader>>): readonly Verb[] {
  if (root.name !== 'Response')
    throw refusedDocument(`the document begins with <${root.name}>: begin with <Response>`);
  if (textOf(root) !== '') throw refusedDocument('<Response> holds text: put it into a verb');
  return elementsOf(root).flatMap((verb) => {
    const reader = lookUp(readers, verb.name);
    if (reader) return reader(verb);
    throw refusedDocument(`<${verb.name}> is not known here: use ${Object.keys(readers).join(', ')}`);
  });
}

/** Text of an element that must have some, and nothing else. */
export function readText(element: XmlElement): string {
  const text = textOf(element);
  if (elementsOf(element).length > 0)
    throw refusedDocument(`<${element.name}> holds elements: it takes text only`);
  if (text === '') throw refusedDocument(`<${element.name}> is empty: give it a text, or leave it out`);
  return text;
}

/** The one element inside another, which must have that name. */
export function readOnly(parent: XmlElement, name: string): XmlElement {
  const [child, ...others] = elementsOf(parent);
  if (child?.name === name && others.length === 0 && textOf(parent) === '') return child;
  throw refusedDocument(`<${parent.name}> must hold one <${name}> and nothing else`);
}

export function readSay(element: XmlElement): readonly Verb[] {
  return [{ type: 'say', text: readText(element) }];
}

/** `<Play>` with the URL of an audio file. */
export function readPlay(element: XmlElement): readonly Verb[] {
  const url = readText(element);
  if (/^https?:\/\/[^/]/i.test(url) && URL.canParse(url)) return [{ type: 'play', url }];
  throw refusedDocument(
    `<${element.name}> holds no http:// or https:// URL: give the whole URL of an audio file`,
  );
}

export function readRedirect(element: XmlElement): readonly Verb[] {
  return [{ type: 'redirect', url: readText(element), method: readMethod(element) }];
}

export function readHangUp(element: XmlElement): readonly Verb[] {
  if (element.children.length > 0) throw refusedDocument(`<${element.name}> holds something: leave it empty`);
  return [{ type: 'hangUp' }];
}

/** `<Dial><Number>…</Number></Dial>`. */
export function readDial(element: XmlElement): readonly Verb[] {
  return [{ type: 'dial', number: readText(readOnly(element, 'Number')) }];
}

/** POST unless the attribute says GET: so it is for all three carriers. */
export function readMethod({ name, attributes }: XmlElement): 'GET' | 'POST' {
  const { method = 'POST' } = attributes;
  if (method === 'GET' || method === 'POST') return method;
  throw refusedDocument(`<${name} method> is neither GET nor POST`);
}

/** Where a `<Stream>` wants its status reported: empty where it does not say. `name`: of the attribute with the URL. */
export function readStatusAddress(
  { attributes }: XmlElement,
  name: 'statusCallback' | 'statusCallbackUrl',
): { readonly status?: DocumentAddress } {
  const url = attributes[name];
  if (url === undefined) return {};
  const method = attributes['statusCallbackMethod'] ?? 'POST';
  if (!/^https?:\/\/[^/]/i.test(url) || !URL.canParse(url))
    throw refusedDocument(`<Stream ${name}> is not an http(s) URL: set a whole one, or leave it out`);
  if (method !== 'GET' && method !== 'POST')
    throw refusedDocument('<Stream statusCallbackMethod> is neither GET nor POST');
  return { status: { url, method } };
}

/** Name and value of each `<Parameter>` in a `<Stream>`. */
export function readParameters(stream: XmlElement): Readonly<Record<string, string>> {
  return Object.fromEntries(
    elementsOf(stream).map(({ name: verb, attributes: { name, value } }) => {
      if (verb !== 'Parameter') throw refusedDocument(`<Stream> holds <${verb}>: it takes <Parameter> only`);
      if (!name || value === undefined) throw refusedDocument('<Parameter> needs a name and a value');
      return [name, value];
    }),
  );
}

/** What is wrong with the address of a media stream: null, not a URL at all, or not `wss:` (`ws:` on loopback is). */
export function faultOfStreamUrl(url: string): 'malformed' | 'scheme' | null {
  if (!/^[a-z]+:\/\/[^/]/i.test(url) || !URL.canParse(url)) return 'malformed';
  const { protocol, hostname } = new URL(url);
  return protocol === 'wss:' || (protocol === 'ws:' && isLoopback(hostname)) ? null : 'scheme';
}
