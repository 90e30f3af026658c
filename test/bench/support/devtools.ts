/** Evaluates expressions in the first page of a program that was started with `--remote-debugging-port=0`. */
export class DevTools {
  readonly #socket: WebSocket;
  #id = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** `port`: from the line that Chromium prints. Rejects while there is no page that answers. */
  static async connect(port: number): Promise<DevTools> {
    const url = await pageUrl(port);
    if (url === null) throw new Error('There is no page yet');
    return new DevTools(await opened(url));
  }

  /** The value of an expression, awaited. */
  evaluate<T>(expression: string): Promise<T> {
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      const listen = ({ data }: MessageEvent) => {
        const message = JSON.parse(String(data));
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', listen);
        const { exceptionDetails, result } = message.result ?? {};
        if (message.error || exceptionDetails) {
          reject(new Error(JSON.stringify(message.error ?? exceptionDetails)));
        } else resolve(result.value as T);
      };
      this.#socket.addEventListener('message', listen);
      this.#socket.addEventListener('close', () => reject(new Error('The page is gone')));
      const params = { expression, awaitPromise: true, returnByValue: true };
      this.#socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

async function pageUrl(port: number): Promise<string | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`);
    const targets = (await answer.json()) as { type: string; webSocketDebuggerUrl?: string }[];
    return targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl ?? null;
  } catch {
    return null;
  }
}

function opened(url: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('error', () => reject(new Error('The page does not answer')));
  });
}
