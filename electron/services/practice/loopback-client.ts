export interface LoopbackReply {
  status: number;
  /** Parsed JSON; null when the answer was none. */
  body: unknown;
}

export interface LoopbackCall {
  port: number;
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  /** Sent as a bearer credential. */
  token?: string;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Bytes. The practice service's answers are far smaller. */
const largestAnswer = 4 * 1024 * 1024;

/** One request to a server on 127.0.0.1. Rejects when nobody answers, in time, with an answer of bearable size. */
export function callLoopback(call: LoopbackCall): Promise<LoopbackReply> {
  return new Promise((resolve, reject) => {
    const text = call.body === undefined ? null : JSON.stringify(call.body);
    // Not imported: an `import` of node:http evaluates its lazy parts, a whole web client among them (40 ms).
    const request = process.getBuiltinModule('node:http').request(
      {
        host: '127.0.0.1',
        port: call.port,
        method: call.method,
        path: call.path,
        // A connection of its own: the service may be stopped between two calls.
        agent: false,
        headers: {
          ...(text === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
        },
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > largestAnswer) request.destroy(new Error('The answer is too large.'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(Buffer.concat(chunks).toString('utf8')) });
        });
      },
    );
    request.setTimeout(call.timeoutMs ?? 5_000, () => request.destroy(new Error('No answer in time.')));
    request.on('error', reject);
    request.end(text ?? undefined);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
