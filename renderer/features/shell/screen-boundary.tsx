import { Component, type ReactNode } from 'react';
import { Button } from '#renderer/ui/button/button.tsx';
import { ErrorNotice } from '#renderer/ui/error-notice/error-notice.tsx';
import styles from './shell.module.css';

/** A defect in one screen does not take the others down. React offers this to classes only. */
export class ScreenBoundary extends Component<
  { children: ReactNode; onLeave: () => void },
  { failed: boolean }
> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <div className={styles.notice}>
        <ErrorNotice
          error={{
            code: 'internal',
            message: 'This screen cannot be shown.',
            unchanged: 'No key, environment or run was changed by this.',
            remedy: 'Go to the Overview, or try again. What was under way goes on where it stopped.',
          }}
          actions={
            <>
              <Button onClick={() => this.setState({ failed: false })}>Try again</Button>
              <Button onClick={this.props.onLeave}>Go to the Overview</Button>
            </>
          }
        />
      </div>
    );
  }
}
