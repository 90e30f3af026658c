import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A piece of a conversation: the `piece`-th that comes from the client (`up`) or from the server (`down`), from 1. */
export interface CutPoint {
  way: 'up' | 'down';
  piece: number;
}

/** A relay in front of a server on loopback that cuts every connection when one piece of the conversation comes. */
export interface TcpProxy {
  port: number;
  /** The piece does not arrive, and every connection ends. Null: nothing is cut. Counting begins anew. */
  cutAt(point: CutPoint | null, cut?: () => void): void;
  /** How long each piece is under way, milliseconds. */
  delay(milliseconds: number): void;
  /** Whether it has cut since `cutAt`. */
  readonly hasCut: boolean;
  /** Pieces that came since `cutAt`. */
  readonly seen: Readonly<Record<CutPoint['way'], number>>;
  /** Resolves when no connection is open. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const seen = { up: 0, down: 0 };
  let point: CutPoint | null = null;
  let cut = () => {};
  let hasCut = false;
  let latency = 0;
  let waiting: (() => void)[] = [];
  const add = (socket: Socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    });
  };
  const relay = (from: Socket, to: Socket, way: CutPoint['way']) => {
    from.on('data', (bytes) => {
      seen[way] += 1;
      if (point !== null && point.way === way && seen[way] === point.piece) {
        hasCut = true;
        for (const socket of sockets) socket.destroy();
        cut();
        return;
      }
      if (latency === 0) to.write(bytes);
      else setTimeout(() => to.write(bytes), latency);
    });
    from.on('end', () => setTimeout(() => to.end(), latency));
    from.on('close', () => setTimeout(() => to.destroy(), latency));
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    add(client);
    add(upstream);
    relay(client, upstream, 'up');
    relay(upstream, client, 'down');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return {
    port: address.port,
    cutAt: (next, whenCut = () => {}) => {
      point = next;
      cut = whenCut;
      hasCut = false;
      seen.up = 0;
      seen.down = 0;
    },
    delay: (milliseconds) => {
      latency = milliseconds;
    },
    get hasCut() {
      return hasCut;
    },
    seen,
    quiet: async () => {
      if (sockets.size > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
