import { render } from 'preact';
import { App } from './app.js';
import { createDashboard, DashboardProvider } from './dashboard.js';
import { listenToKeys } from './shell/keyboard.js';

const dashboard = createDashboard(location.origin + location.pathname);
listenToKeys(dashboard);
render(
  <DashboardProvider value={dashboard}>
    <App />
  </DashboardProvider>,
  document.getElementById('app')!,
);
