import { create } from 'zustand';

/** What a start-run dialog begins with. */
export interface StartRunDefaults {
  runbook?: string;
  environmentId?: string;
  host?: string;
  keys?: readonly string[];
  drill?: boolean;
}

export type Overlay =
  | { kind: 'palette' }
  | { kind: 'emergency'; environmentId?: string; keys?: readonly string[] }
  | { kind: 'start-run'; defaults: StartRunDefaults };

/** The one dialog that any screen may open over itself. */
export const useOverlay = create<{ overlay: Overlay | null }>(() => ({ overlay: null }));

export function openOverlay(overlay: Overlay): void {
  useOverlay.setState({ overlay });
}

export function closeOverlay(): void {
  useOverlay.setState({ overlay: null });
}
