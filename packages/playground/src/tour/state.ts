/** Where the tour is, and whether it is offered. */
import { effect, signal } from "@preact/signals";
import { store, stored } from "../app/storage.js";

/** The step that is shown, from 0; undefined while there is no tour. */
export const tourStep = signal<number | undefined>(undefined);

/** Whether the tour has neither been seen nor refused. */
export const isNew = signal(stored("toured") === undefined);

/** Keeps that it has. */
export const followOffer = (): void => void effect(() => store("toured", isNew.value ? undefined : "yes"));
