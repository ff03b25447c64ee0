import { AlertSection } from './alerts/alert-section.js';
import { ChartSection } from './charts/chart-section.js';
import { useDashboard } from './dashboard.js';
import { PipelineSection } from './pipeline/pipeline-section.js';
import { ConnectionBanner } from './shell/connection-banner.js';
import { Header } from './shell/header.js';
import { HelpDialog } from './shell/help-dialog.js';
import { NameDialog } from './shell/name-dialog.js';
import { ToastStack } from './shell/toast-stack.js';

export function App() {
  const { connection, alerts } = useDashboard();
  return (
    <>
      <Header />
      <ConnectionBanner />
      <main class={connection.value.status === 'open' ? '' : 'stale'}>
        <AlertSection />
        <div class="watch">
          <PipelineSection />
          <ChartSection />
        </div>
      </main>
      <NameDialog />
      <HelpDialog />
      <ToastStack />
      <p class="unseen" role="alert">
        {alerts.announcement}
      </p>
    </>
  );
}
