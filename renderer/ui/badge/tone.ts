/** How much something matters. Colour only repeats what an icon and a word say. */
export type Tone = 'danger' | 'warning' | 'success' | 'info' | 'neutral' | 'drill';
