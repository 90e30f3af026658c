import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pdfContents } from './pdf-contents.ts';

/** A secret planted by a test, under a name that may be printed. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** A canary found where it must not be. Says which and in what form, never the value. */
export interface CanaryHit {
  readonly where: string;
  readonly canary: string;
  readonly form: string;
  /** Of the first occurrence, in bytes. */
  readonly offset: number;
}

interface Needle {
  readonly form: string;
  readonly bytes: Buffer;
}

/** Shorter texts are found by chance. */
const shortestForm = 12;
/** As much of a value as gives it away: what is left of it when output was cut. */
const partLength = 16;

/**
 * Every form in which a value can lie in a file or a message: as it is, a part of it, in base64 at any alignment, hex,
 * percent-encoded, escaped once or twice for JSON, escaped for HTML, in UTF-16.
 */
export function canaryForms(value: string): Needle[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const texts: [string, string][] = [
    ['plain', value],
    ['beginning', value.slice(0, partLength)],
    ['middle', value.slice(Math.floor((value.length - partLength) / 2)).slice(0, partLength)],
    ['end', value.slice(-partLength)],
    ['json', json],
    ['json-in-json', JSON.stringify(json).slice(1, -1)],
    ['unicode-escapes', Array.from({ length: value.length }, (_, i) => escapeUnit(value, i)).join('')],
    ['percent', encodeURIComponent(value)],
    ['percent-all', [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')],
    ['form', new URLSearchParams({ v: value }).toString().slice(2)],
    ['html', value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
    ['html-attribute', value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
    ['hex', bytes.toString('hex')],
    ['hex-upper', bytes.toString('hex').toUpperCase()],
  ];
  for (const alignment of [0, 1, 2]) {
    const text = base64At(bytes, alignment);
    texts.push([`base64+${alignment}`, text]);
    texts.push([`base64url+${alignment}`, text.replaceAll('+', '-').replaceAll('/', '_')]);
  }
  const needles = new Map<string, Needle>();
  const add = (form: string, form_bytes: Buffer) => {
    const identity = form_bytes.toString('latin1');
    if (form_bytes.length >= shortestForm && !needles.has(identity)) {
      needles.set(identity, { form, bytes: form_bytes });
    }
  };
  for (const [form, text] of texts) add(form, Buffer.from(text));
  const wide = Buffer.from(value, 'utf16le');
  add('utf-16le', wide);
  add('utf-16be', Buffer.from(wide).swap16());
  return [...needles.values()];
}

function escapeUnit(value: string, index: number): string {
  return `\\u${value.charCodeAt(index).toString(16).padStart(4, '0')}`;
}

/** The characters of the base64 text that depend on `bytes` alone when `before` other bytes come first. */
function base64At(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const bits = (before + bytes.length) * 8;
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
}

/** Looks for all planted values in what a program wrote or sent. */
export class CanaryScan {
  readonly #needles = new Map<string, { canary: string; needles: Needle[] }>();

  constructor(canaries: Iterable<Canary> = []) {
    for (const canary of canaries) this.plant(canary);
  }

  /** A value that is already known keeps its first name. */
  plant({ name, value }: Canary): void {
    if (value.length < shortestForm) throw new Error(`The canary ${name} is too short to be found for sure`);
    if (!this.#needles.has(value)) this.#needles.set(value, { canary: name, needles: canaryForms(value) });
  }

  get size(): number {
    return this.#needles.size;
  }

  /** Each canary that is in the data, once, in the first form that was found. */
  bytes(where: string, data: Uint8Array | string): CanaryHit[] {
    const buffer =
      typeof data === 'string'
        ? Buffer.from(data)
        : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const hits: CanaryHit[] = [];
    for (const { canary, needles } of this.#needles.values()) {
      for (const { form, bytes } of needles) {
        const offset = buffer.indexOf(bytes);
        if (offset < 0) continue;
        hits.push({ where, canary, form, offset });
        break;
      }
    }
    return hits;
  }

  /**
   * All files below a folder: contents (of a PDF also what it says), names, and where links lead. `except` takes a path relative to the folder and
   * says what is left out (a folder: with all that is in it).
   */
  folder(root: string, except: (path: string) => boolean = () => false): FolderScan {
    const result: FolderScan = { hits: [], files: 0, bytes: 0, left_out: [] };
    const visit = (folder: string) => {
      for (const entry of entriesOf(folder)) {
        const path = join(folder, entry.name);
        const name = relative(root, path);
        if (except(name)) {
          result.left_out.push(name);
          continue;
        }
        result.hits.push(...this.bytes(`the name of ${name}`, entry.name));
        if (entry.isDirectory()) visit(path);
        else if (entry.isSymbolicLink()) result.hits.push(...this.bytes(name, readlinkSync(path)));
        else if (entry.isFile()) {
          const data = readFileSync(path);
          result.files += 1;
          result.bytes += data.length;
          result.hits.push(...this.bytes(name, data));
          for (const content of name.endsWith('.pdf') ? pdfContents(path, data) : []) {
            result.bytes += content.length;
            result.hits.push(...this.bytes(`what ${name} says`, content));
          }
        }
      }
    };
    if (!lstatSync(root).isDirectory()) throw new Error(`${root} is no folder`);
    visit(root);
    return result;
  }
}

export interface FolderScan {
  readonly hits: CanaryHit[];
  files: number;
  bytes: number;
  readonly left_out: string[];
}

function entriesOf(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true });
}
