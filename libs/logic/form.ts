import type { FormDefinition } from '#contracts/form/definition';
import type { Field } from '#contracts/form/definition-fields';
import type { LocalizedText } from '#contracts/form/definition-text';
import type { Evaluate } from './cel/scope.ts';
import type { Known } from './cel/value.ts';
import type { ReadAnswer } from './types/kind.ts';

/** A rule, checked and ready to run. */
export interface CompiledRule {
  readonly text: string;
  readonly evaluate: Evaluate;
  /** Indexes of the fields that it reads. */
  readonly reads: ReadonlySet<number>;
}

/** A page or a group: hidden as one. */
export interface Container {
  /** For people: its name, or `page 2`. */
  readonly name: string;
  /** Index of the container around it; none for pages. */
  readonly parent: number | undefined;
  readonly visible: CompiledRule | undefined;
}

export interface CompiledField {
  readonly index: number;
  readonly name: string;
  readonly definition: Field;
  /** Index of the innermost container. */
  readonly container: number;
  readonly visible: CompiledRule | undefined;
  readonly required: boolean | CompiledRule;
  readonly constraints: readonly { readonly rule: CompiledRule; readonly message: LocalizedText }[];
  readonly filter: CompiledRule | undefined;
  /** The choices as filters see them, by value. */
  readonly choices: ReadonlyMap<string, ReadonlyMap<string, Known>> | undefined;
  readonly read: ReadAnswer;
}

/** A form that answers can be validated against. Immutable; compile once for each version and keep it. */
export interface CompiledForm {
  readonly definition: FormDefinition;
  /** Of texts without a tag. */
  readonly language: string;
  /** In the order of the definition. */
  readonly fields: readonly CompiledField[];
  readonly byName: ReadonlyMap<string, CompiledField>;
  readonly containers: readonly Container[];
  /** Containers and fields, each after everything that decides whether it is visible. */
  readonly order: readonly FormNode[];
}

export type FormNode = { readonly container: number } | { readonly field: number };
