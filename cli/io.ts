// What a run of the command line may touch: everything comes in through this one value, so that tests, the trace
// runner and the simulation call the same commands in process, on an in-memory Transport and a virtual clock.

import type { Transport } from '../controller/kubernetes/transport.ts';
import type { Clock, Random } from '../controller/lang/time.ts';

/** Anything text can be written to: a process stream or a collector in a test. */
export interface TextSink {
  write(text: string): unknown;
}

/** The connection flags of kubectl (spec/cli.md §2.1); an empty string or list means "not given". */
export interface ConnectionFlags {
  readonly kubeconfig: string;
  readonly context: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
  readonly server: string;
  readonly token: string;
  readonly as: string;
  readonly asGroups: readonly string[];
  readonly asUid: string;
  readonly certificateAuthority: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string;
  /** 0 = no limit. */
  readonly requestTimeoutMs: number;
}

export interface Connection {
  readonly transport: Transport;
  /** The namespace of the kubeconfig's context, `default` without one. */
  readonly namespace: string;
}

/** The screen behind stdout, if there is one. Read anew for each frame: windows change their size. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

export interface CliIo {
  /** The cluster to talk to. Without it `connect` is called, once a command needs a cluster. */
  readonly transport?: Transport;
  /** The namespace that counts where `-n` is not given and `transport` is; default `default`. */
  readonly namespace?: string;
  /** Rejects with an Error whose message is one clear line. */
  readonly connect?: (flags: ConnectionFlags) => Promise<Connection>;
  readonly clock: Clock;
  readonly random: Random;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `-` is standard input. Rejects with the error of the system, which has a `code`. */
  readonly readTextFile?: (path: string) => Promise<string>;
  /** Set if stdout is a terminal. */
  readonly terminal?: Terminal;
  /** Single keys of a terminal's keyboard, as the bytes it sends; the result stops the listening. */
  readonly listenToKeys?: (onKey: (key: string) => void) => () => void;
  /** Aborted by Ctrl-C or SIGTERM: watches end in their ordinary way, everything else with exit code 130. */
  readonly signal?: AbortSignal;
}
