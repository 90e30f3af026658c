export declare function ensureBuilt(
  name: 'app' | 'command',
  options?: { force?: boolean; node?: string },
): void;
