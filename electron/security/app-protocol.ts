import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol, type Session } from 'electron';

/** The window's only origin. No file: and no http: page is ever loaded. */
export const appOrigin = 'app://rekey';

/**
 * Nothing is allowed that is not listed, and nothing here is `unsafe-*`. The renderer cannot connect anywhere
 * (its data comes over IPC), and strings never become scripts.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "require-trusted-types-for 'script'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Must run before the app is ready: afterwards Electron refuses to register schemes. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
  ]);
}

/** Serves the built renderer, and only it, as `app://rekey/…`. */
export function serveRenderer(session: Session, rendererFolder: string): void {
  session.protocol.handle('app', async (request) => {
    const file = fileFor(request, rendererFolder);
    if (file === null) return refusal(404);
    try {
      return new Response(new Uint8Array(await readFile(file.path)), {
        headers: {
          'content-type': file.contentType,
          'content-security-policy': contentSecurityPolicy,
          'x-content-type-options': 'nosniff',
          'cross-origin-resource-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
        },
      });
    } catch {
      return refusal(404);
    }
  });
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { 'content-security-policy': contentSecurityPolicy } });
}

/** The file that a request means, or null when it is not one of ours. */
function fileFor(request: Request, root: string): { path: string; contentType: string } | null {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.host !== 'rekey') return null;
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  if (path.includes('\0')) return null;
  const full = normalize(join(root, path === '/' ? 'index.html' : path));
  const contentType = contentTypes[extname(full)];
  if (!full.startsWith(root + sep) || contentType === undefined) return null;
  return { path: full, contentType };
}
