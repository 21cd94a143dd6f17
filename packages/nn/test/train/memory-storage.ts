import type { CheckpointStorage } from "@selectron/nn";

/** Checkpoints in a map. */
export class MemoryStorage implements CheckpointStorage {
  readonly files = new Map<string, Uint8Array>();
  names = (): string[] => [...this.files.keys()];
  read = (name: string): Uint8Array => this.files.get(name)!;
  write = (name: string, bytes: Uint8Array): void => void this.files.set(name, bytes);
  remove = (name: string): void => void this.files.delete(name);
}
