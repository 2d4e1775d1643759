export const STATUS_SCRIPT = ``;
