/** The parts of a dashboard's JSON that a picture needs. */
export interface DashboardJson {
  readonly title: string;
  readonly description?: string;
  readonly panels: readonly PanelJson[];
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly iconColor: string;
      readonly titleFormat?: string;
      readonly expr?: string;
    }[];
  };
}

export interface PanelJson {
  readonly type: string;
  readonly title: string;
  readonly gridPos: GridPosition;
  readonly targets?: readonly TargetJson[];
  readonly fieldConfig?: {
    readonly defaults: FieldJson;
    readonly overrides: readonly OverrideJson[];
  };
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: {
      readonly renameByName?: Readonly<Record<string, string>>;
      readonly indexByName?: Readonly<Record<string, number>>;
    };
  }[];
  readonly options?: {
    readonly textMode?: string;
    readonly sortBy?: readonly { readonly displayName: string; readonly desc?: boolean }[];
  };
}

export interface GridPosition {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface TargetJson {
  readonly expr: string;
  readonly refId: string;
  readonly legendFormat?: string;
}

export interface StepJson {
  readonly value: number | null;
  readonly color: string;
}

export interface FieldJson {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly thresholds?: { readonly steps: readonly StepJson[] };
  readonly mappings?: readonly {
    readonly options: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
  }[];
  readonly custom?: {
    readonly stacking?: { readonly mode: string };
    readonly scaleDistribution?: { readonly type: string };
  };
}

export interface OverrideJson {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
}
