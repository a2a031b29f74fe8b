// The shape of test/fixtures/kubectl/requests.json (record-kubectl.ts writes it).

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or what is no text in base64. */
  readonly body?: string;
  readonly base64?: string;
  readonly status: number;
}

export interface RecordedCommand {
  readonly command: string;
  readonly requests: readonly RecordedRequest[];
}
