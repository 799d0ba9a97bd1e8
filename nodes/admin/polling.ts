import type { NodeAPI } from 'node-red';
import { classify, Failure } from '../../src/exchange/failure';
import type { Controls } from '../polling-trigger/controls';

/**
 * What the buttons of the editor ask of a deployed node: `GET polling-trigger/:id/state`,
 * `POST polling-trigger/:id/COMMAND`.
 */
export function servePolling(RED: NodeAPI, find: (id: string) => Controls | undefined): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const needs = (permission: string) => RED.auth.needsPermission(`polling-trigger.${permission}`);

  RED.httpAdmin.get('/polling-trigger/:id/state', needs('read'), (request, response) => {
    const controls = find(String(request.params.id));
    if (controls) response.json(controls.state);
    else response.status(404).json(notDeployed());
  });

  RED.httpAdmin.post('/polling-trigger/:id/:command', needs('write'), (request, response, next) => {
    const { id, command } = request.params as { id: string; command: string };
    // it has a route of its own, and who registers first is not known
    if (id === 'preview') return next();
    const controls = find(id);
    if (!controls) {
      response.status(404).json(notDeployed());
      return;
    }
    const { to } = (request.body ?? {}) as { to?: unknown };
    controls.obey(command === 'rewind' ? { rewind: to } : command).then(
      () => response.json({}),
      (error: unknown) => {
        const { code, message } = classify(error);
        response.status(400).json({ code, message });
      },
    );
  });
}

function notDeployed(): Pick<Failure, 'code' | 'message'> {
  return { code: 'CONFIG', message: 'the node is not deployed, or cannot start' };
}
