import type { ReactNode } from 'react';
import styles from './markdown.module.css';
import { type Block, type Inline, parseMarkdown } from './parse-markdown.ts';

/** The instructions of runbooks: a small part of Markdown as React elements. HTML in the text stays text. */
export function Markdown({ text }: { text: string }) {
  return <div className={styles.markdown}>{parseMarkdown(text).map(block)}</div>;
}

function block(one: Block, index: number): ReactNode {
  switch (one.kind) {
    case 'paragraph':
      return <p key={index}>{one.content.map(inline)}</p>;
    case 'heading':
      return (
        <p key={index} className={styles.heading}>
          {one.content.map(inline)}
        </p>
      );
    case 'code':
      return (
        <pre key={index} className={styles.code}>
          <code>{one.text}</code>
        </pre>
      );
    case 'list': {
      const items = one.items.map((item, position) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text of a step never changes its order
        <li key={position}>
          {item.content.map(inline)}
          {item.children.map(block)}
        </li>
      ));
      return one.ordered ? (
        <ol key={index} start={one.start}>
          {items}
        </ol>
      ) : (
        <ul key={index}>{items}</ul>
      );
    }
  }
}

function inline(one: Inline, index: number): ReactNode {
  switch (one.kind) {
    case 'text':
      return one.text;
    case 'code':
      return <code key={index}>{one.text}</code>;
    case 'strong':
      return <strong key={index}>{one.content.map(inline)}</strong>;
    case 'emphasis':
      return <em key={index}>{one.content.map(inline)}</em>;
  }
}
