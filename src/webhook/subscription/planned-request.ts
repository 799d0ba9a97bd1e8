/** A request of a plan, ready to be rendered. */
import type { Request } from '../../connection/connection';
import { formBody, jsonBody, type EncodedBody } from '../../exchange/body';
import { render, type Sender } from '../../exchange/exchange';
import { Failure } from '../../exchange/failure';
import { Template, type TemplateView } from '../../exchange/template';
import { secretNames, type BodyPlan, type RequestPlan } from './plan';

interface CompiledBody {
  templates: readonly Template[];
  of(view: TemplateView): EncodedBody | undefined;
}

const bodies: { [K in BodyPlan['kind']]: (plan: Extract<BodyPlan, { kind: K }>) => CompiledBody } = {
  none: () => ({ templates: [], of: () => undefined }),
  json: ({ text }) => {
    const template = new Template(text, 'json');
    return { templates: [template], of: (view) => jsonBody(template.render(view)) };
  },
  form: ({ fields }) => {
    const rows = fields.map(([name, text]) => [name, new Template(text, 'text')] as const);
    return {
      templates: rows.map(([, template]) => template),
      of: (view) => formBody(rows.map(([name, template]) => [name, template.render(view)])),
    };
  },
};

export class PlannedRequest {
  /** What its templates read. */
  readonly names: readonly string[];
  readonly #plan: RequestPlan;
  readonly #url: Template;
  readonly #headers: readonly (readonly [string, Template])[];
  readonly #body: CompiledBody;

  /** @throws Failure TEMPLATE when a template does not parse */
  constructor(plan: RequestPlan) {
    this.#plan = plan;
    this.#url = new Template(plan.url, 'url');
    this.#headers = plan.headers.map(([name, text]) => [name, new Template(text, 'text')] as const);
    this.#body = (bodies[plan.body.kind] as (body: BodyPlan) => CompiledBody)(plan.body);
    const templates = [this.#url, ...this.#headers.map(([, value]) => value), ...this.#body.templates];
    this.names = [...new Set(templates.flatMap(({ names }) => names))];
  }

  /** Whether it needs to know what the subscribe request was answered. */
  get readsAnswer(): boolean {
    return this.names.some(isOfAnswer);
  }

  get readsSecrets(): boolean {
    return this.names.some((name) => secretNames.includes(name));
  }

  /** @throws Failure TEMPLATE or INVALID_REQUEST */
  render(view: TemplateView, sender: Pick<Sender, 'redact'>): Promise<Request> {
    const { method } = this.#plan;
    const input = {
      method,
      view,
      query: [],
      headers: this.#headers.map(([name, value]) => [name, value.render(view)] as const),
      body: () => this.#body.of(view),
    };
    return render({ url: this.#url, contentType: '' }, input, sender);
  }
}

/** Whether a name is of the answer to the subscribe request: `id`, `subscription.body.url`. */
export function isOfAnswer(name: string): boolean {
  return name === 'id' || /^subscription(?:$|[.[])/.test(name);
}

/** A request that is kept, so that no secret can be in it. @throws Failure CONFIG, TEMPLATE */
export function plannedWithoutSecrets(plan: RequestPlan, what: string): PlannedRequest {
  const planned = new PlannedRequest(plan);
  if (!planned.readsSecrets) return planned;
  throw new Failure('CONFIG', `the ${what} request cannot have the secret: it is kept, and no secret is`);
}
