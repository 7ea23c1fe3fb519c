import koffi from "koffi";

const PAGE_BYTES = 4096;
const PROT_NONE = 0;
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS = 0x22;

/** Memory that ends where the next byte must not be read: doing so ends the process (Linux). */
export class GuardedMemory implements Disposable {
  readonly bytes: Uint8Array;
  readonly #base: number;
  readonly #length: number;

  constructor(bytes: number) {
    const pages = Math.ceil(bytes / PAGE_BYTES);
    this.#length = (pages + 1) * PAGE_BYTES;
    this.#base = Number(
      libc().mmap(0, this.#length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0),
    );
    const end = this.#base + pages * PAGE_BYTES;
    if (libc().mprotect(end, PAGE_BYTES, PROT_NONE) !== 0) throw new Error("mprotect failed");
    this.bytes = new Uint8Array(koffi.view(BigInt(end - bytes), bytes));
  }

  [Symbol.dispose](): void {
    libc().munmap(this.#base, this.#length);
  }
}

type Call = ReturnType<ReturnType<typeof koffi.load>["func"]>;

let opened: Record<"mmap" | "mprotect" | "munmap", Call> | undefined;

function libc(): NonNullable<typeof opened> {
  if (opened === undefined) {
    const library = koffi.load("libc.so.6");
    opened = {
      mmap: library.func(
        "uintptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, long offset)",
      ),
      mprotect: library.func("int mprotect(uintptr_t address, size_t length, int protection)"),
      munmap: library.func("int munmap(uintptr_t address, size_t length)"),
    };
  }
  return opened;
}
