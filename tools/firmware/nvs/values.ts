/** What an NVS partition holds: values under keys of at most 15 characters, in namespaces with names of the same kind. */

/** The integer types of ESP-IDF's nvs.h, by the names that its partition generator uses. */
export const nvsIntegerTypes = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"] as const;

export type NvsIntegerType = (typeof nvsIntegerTypes)[number];

export interface NvsInteger {
  readonly type: NvsIntegerType;
  readonly value: bigint;
}

/** A text is for `nvs_get_str` and fits one page; bytes are a blob, for `nvs_get_blob`, of any length that the partition has room for. */
export type NvsValue = string | Uint8Array | NvsInteger;

export interface NvsEntry {
  readonly namespace: string;
  readonly key: string;
  readonly value: NvsValue;
}
