import type { Route } from './routing.js';

/** A route as it can be told: a condition in code is only said to be there. */
export type RouteView = Omit<Route, 'condition'> & { readonly conditional?: true };

export function routeView({ condition, ...route }: Route): RouteView {
  return condition === undefined ? route : { ...route, conditional: true };
}
