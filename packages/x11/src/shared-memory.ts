import koffi from "koffi";
import { lastErrno, libc } from "./system.ts";
import { X11Error } from "./x11-error.ts";

const IPC_PRIVATE = 0;
const IPC_CREAT = 0o1000;
const IPC_RMID = 0;

/**
 * A System V shared memory segment. `bytes` dies with dispose.
 * `unlink()` once the other side is attached: the kernel then frees it with the last process, even after SIGKILL.
 */
export class SharedMemory implements Disposable {
  readonly id: number;
  readonly address: number;
  readonly bytes: Uint8Array;
  #unlinked = false;
  #attached = true;

  constructor(byteLength: number) {
    this.id = libc().shmget(IPC_PRIVATE, byteLength, IPC_CREAT | 0o600);
    if (this.id < 0)
      throw new X11Error("system", `shmget of ${byteLength} bytes failed (errno ${lastErrno()})`);
    const address = Number(libc().shmat(this.id, null, 0));
    if (address === -1) {
      this.unlink();
      throw new X11Error("system", `shmat failed (errno ${lastErrno()})`);
    }
    this.address = address;
    this.bytes = new Uint8Array(koffi.view(BigInt(address), byteLength));
  }

  /** Marks the segment for destruction once nobody is attached any more. */
  unlink(): void {
    if (this.#unlinked) return;
    this.#unlinked = true;
    libc().shmctl(this.id, IPC_RMID, null);
  }

  [Symbol.dispose](): void {
    if (!this.#attached) return;
    this.#attached = false;
    this.unlink();
    libc().shmdt(this.address);
  }
}
