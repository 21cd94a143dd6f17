/**
 * The folders of GPT-2s in transformers.js: AutoTokenizer encodes each input as the compiled model does, AutoModelForCausalLM gives the
 * logits of nn's Gpt2, and generates what nn generates.
 */
import { generate } from "@selectron/nn";
import { compareFolders } from "./gpt2-folders.mjs";

/** @returns rows of the table */
export async function compareInTransformersJs({ packages, gpt2 }) {
  const { AutoModelForCausalLM, AutoTokenizer, env, Tensor } = packages("@huggingface/transformers");
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: gpt2().place });
  const ints = (rows) => new Tensor("int64", BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);
  let current;
  const loaded = async ({ folder }) => {
    if (current?.folder === folder) return current;
    await current?.model.dispose();
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype: "fp32", device: "cpu" });
    return (current = { folder, tokenizer, model });
  };
  const [encoded, generated] = [
    { inputs: 0, wrong: 0 },
    { inputs: 0, wrong: 0 },
  ];
  const rows = await compareFolders(gpt2(), async (each, { texts, ids }, batch) => {
    const { tokenizer, model } = await loaded(each);
    texts.forEach((text, b) => {
      const own = tokenizer(text).input_ids.tolist()[0].map(Number);
      encoded.inputs++;
      if (own.join() !== ids[b].join()) encoded.wrong++;
    });
    if (batch === 1) {
      for (const prompt of ids.slice(0, 3)) {
        const room = each.program.model.maxLength - prompt.length;
        const output = await model.generate({
          input_ids: ints([prompt]),
          attention_mask: ints([prompt.map(() => 1)]),
          max_new_tokens: room,
        });
        const theirs = output.tolist()[0].map(Number).slice(prompt.length);
        // They keep the entry that ends a text.
        const stop = [model.generation_config.eos_token_id ?? []].flat();
        const ours = generate(each.program.model, prompt, { maxTokens: room, stop });
        const last = theirs.at(-1);
        generated.inputs++;
        if ((stop.includes(last) ? theirs.slice(0, -1) : theirs).join() !== ours.tokens.join()) generated.wrong++;
      }
    }
    const { logits } = await model({ input_ids: ints(ids), attention_mask: ints(ids.map((row) => row.map(() => 1))) });
    return logits.data;
  });
  await current?.model.dispose();
  const counted = (what, { inputs, wrong }) => ({
    what,
    compared: `${inputs} inputs, ${wrong} wrong`,
    failed: wrong > 0 || inputs === 0,
  });
  return [...rows, counted("AutoTokenizer encodes", encoded), counted("generate writes", generated)];
}
