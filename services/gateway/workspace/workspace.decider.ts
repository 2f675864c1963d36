import { newEvent, type EventOf } from '#contracts/event';
import { workspaceCreatedV1 } from '#contracts/workspace/workspace.events';
import type { Decider } from '#eventing/decider';

export interface CreateWorkspace {
  readonly kind: 'create';
  readonly name: string;
}

export type WorkspaceEvent = EventOf<typeof workspaceCreatedV1>;

export type WorkspaceState = { readonly exists: false } | { readonly exists: true; readonly name: string };

/** A workspace is created once; creating it again changes nothing. */
export const workspaceDecider: Decider<CreateWorkspace, WorkspaceState, WorkspaceEvent> = {
  initial: { exists: false },
  decide: (command, state) => (state.exists ? [] : [newEvent(workspaceCreatedV1, { name: command.name })]),
  evolve: (_state, event) => ({ exists: true, name: event.data.name }),
};
