/** What every node of the graph has. */
import type { Span } from "../source.js";

/** The type of an s-op's values, for TypeScript only: no node has this property. */
export declare const valueType: unique symbol;

/** What every node has. */
export interface NodeBase {
  /** Unique and ascending in order of creation: a node's operands have smaller ids than the node. */
  readonly id: number;
  /** Where in the source the node was written, if it was. */
  readonly span: Span | undefined;
  /** The name that the program gave it first. For display only. */
  name?: string;
  readonly [valueType]?: unknown;
}

let nextId = 0;

/** The id and the place of a new node. */
export const base = (span: Span | undefined): NodeBase => ({ id: nextId++, span });
