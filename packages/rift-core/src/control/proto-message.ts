import { WireError } from "../wire-error.ts";
import { ProtoReader, WireType } from "./proto-reader.ts";
import { ProtoWriter } from "./proto-writer.ts";

type NumberKind = "uint32" | "int32";
type Kind<T> = [T] extends [number]
  ? NumberKind
  : [T] extends [boolean]
    ? "bool"
    : [T] extends [string]
      ? "string"
      : [T] extends [Uint8Array]
        ? "bytes"
        : MessageType<T>;
type Field<T> = [T] extends [Uint8Array]
  ? readonly [number: number, kind: "bytes"]
  : [T] extends [readonly (infer U)[]]
    ? readonly [number: number, kind: Kind<U>, repeated: "repeated"]
    : readonly [number: number, kind: Kind<T>];

/** The fields of a message: `[number, kind]` or `[number, kind, "repeated"]`, the kinds named as in a .proto file. */
export type Fields<M> = { readonly [K in keyof M]-?: Field<NonNullable<M[K]>> };

/** A message to encode: what is left out has its default. */
export type MessageInit<M> = M extends Uint8Array | string | number | boolean
  ? M
  : M extends readonly (infer U)[]
    ? readonly MessageInit<U>[]
    : { readonly [K in keyof M]?: MessageInit<M[K]> | undefined };

/** How deep groups, which are all unknown, may be nested, the messages around them included. */
const MAX_DEPTH = 100;
/** The longest list that comes in: two bytes on the wire may be a hundred in memory. */
export const MAX_LIST_LENGTH = 1024;

type Value = number | boolean | string | Uint8Array | Message;
interface Message {
  [name: string]: Value | Value[] | undefined;
}

/** How the values of a kind lie on the wire. */
interface Codec {
  readonly wireType: WireType;
  /** What a field has that is not there; undefined: nothing. */
  readonly makeDefault?: () => Value;
  /** `before` is what the field has had, `depth` how many messages it is in. */
  read(reader: ProtoReader, before: Value | undefined, depth: number): Value;
  write(writer: ProtoWriter, value: Value): void;
}

const SCALARS: Record<string, Codec> = {
  uint32: {
    wireType: WireType.varint,
    makeDefault: () => 0,
    read: (reader) => reader.uint32(),
    write: (writer, value) => writer.uint32(value as number),
  },
  int32: {
    wireType: WireType.varint,
    makeDefault: () => 0,
    read: (reader) => reader.int32(),
    write: (writer, value) => writer.int32(value as number),
  },
  bool: {
    wireType: WireType.varint,
    makeDefault: () => false,
    read: (reader) => reader.bool(),
    write: (writer, value) => writer.uint32(value === true ? 1 : 0),
  },
  string: {
    wireType: WireType.bytes,
    makeDefault: () => "",
    read: (reader) => reader.string(),
    write: (writer, value) => writer.string(value as string),
  },
  bytes: {
    wireType: WireType.bytes,
    makeDefault: () => new Uint8Array(0),
    read: (reader) => reader.bytes().slice(),
    write: (writer, value) => writer.bytes(value as Uint8Array),
  },
};

interface FieldCodec extends Codec {
  readonly name: string;
  readonly number: number;
  readonly isList: boolean;
}

/** Encodes and decodes the messages of one type, in protobuf's third syntax. */
export class MessageType<M> {
  readonly #fields: readonly FieldCodec[];
  readonly #isOneOf: boolean;

  /** `fields` are written in their order here. With "oneof" a message has one of them, the last that came. */
  constructor(fields: Fields<M>, oneOf?: "oneof") {
    type Entry = readonly [number: number, kind: string | MessageType<Message>, "repeated"?];
    const entries = Object.entries(fields as unknown as Record<string, Entry>);
    this.#fields = entries.map(([name, [number, kind, repeated]]) => {
      const codec = typeof kind === "string" ? SCALARS[kind]! : kind.#codec();
      return { ...codec, name, number, isList: repeated !== undefined };
    });
    this.#isOneOf = oneOf !== undefined;
  }

  /** Encodes a message. Throws RangeError on a number that its kind does not take. */
  encode(message: MessageInit<M>): Uint8Array {
    const writer = new ProtoWriter();
    this.#write(writer, message as Message);
    return writer.finish();
  }

  /** Decodes a message, which owns its bytes; what is unknown in them is left out. Throws WireError. */
  decode(bytes: Uint8Array): M {
    const message = this.#empty();
    this.#read(new ProtoReader(bytes), message, 1);
    return message as M;
  }

  #codec(): Codec {
    return {
      wireType: WireType.bytes,
      read: (reader, before, depth) => {
        const message = (before as Message | undefined) ?? this.#empty();
        const outer = reader.enter();
        this.#read(reader, message, depth + 1);
        reader.leave(outer);
        return message;
      },
      write: (writer, value) => {
        const start = writer.begin();
        this.#write(writer, value as Message);
        writer.end(start);
      },
    };
  }

  #empty(): Message {
    const message: Message = {};
    for (const { name, isList, makeDefault } of this.#fields) {
      if (isList) message[name] = [];
      else if (makeDefault !== undefined) message[name] = makeDefault();
    }
    return message;
  }

  #read(reader: ProtoReader, message: Message, depth: number): void {
    while (!reader.isAtEnd) {
      const tag = reader.tag();
      const field = this.#fields.find(({ number }) => number === tag >>> 3);
      const wireType = tag & 7;
      if (field?.wireType === wireType) {
        const { name } = field;
        if (this.#isOneOf)
          for (const other of Object.keys(message)) if (other !== name) delete message[other];
        if (field.isList) append(message[name] as Value[], field.read(reader, undefined, depth));
        else message[name] = field.read(reader, message[name] as Value | undefined, depth);
      } else if (field?.isList === true && wireType === WireType.bytes) {
        const outer = reader.enter();
        while (!reader.isAtEnd)
          append(message[field.name] as Value[], field.read(reader, undefined, depth));
        reader.leave(outer);
      } else reader.skip(tag, MAX_DEPTH - depth);
    }
  }

  #write(writer: ProtoWriter, message: Message): void {
    for (const field of this.#fields) {
      const value = message[field.name];
      if (value === undefined) continue;
      if (field.isList) writeList(writer, field, value as Value[]);
      else if (!isDefault(value as Value)) {
        writer.tag(field.number, field.wireType);
        field.write(writer, value as Value);
      }
    }
  }
}

/** Numbers packed, everything else with a tag each. */
function writeList(writer: ProtoWriter, field: FieldCodec, values: readonly Value[]): void {
  if (field.wireType === WireType.bytes)
    for (const value of values) {
      writer.tag(field.number, WireType.bytes);
      field.write(writer, value);
    }
  else if (values.length > 0) {
    writer.tag(field.number, WireType.bytes);
    const start = writer.begin();
    for (const value of values) field.write(writer, value);
    writer.end(start);
  }
}

function append(list: Value[], value: Value): void {
  if (list.push(value) > MAX_LIST_LENGTH) throw new WireError("limit", "a list is too long");
}

function isDefault(value: Value): boolean {
  return value === 0 || value === false || value === "" || isEmptyBytes(value);
}

function isEmptyBytes(value: Value): boolean {
  return value instanceof Uint8Array && value.length === 0;
}
