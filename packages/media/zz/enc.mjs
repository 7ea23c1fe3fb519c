import {Codec,CodecContext,Frame,Packet,Dictionary,Rational,Log} from 'node-av/lib';
import * as C from 'node-av/constants';
Log.setLevel(16);
const [W,H]=(process.argv[2]||'1280x720').split('x').map(Number);
const extra=process.argv[3]||''; const mode=process.argv[4]||'motion'; const hint=process.argv[5]==='hint';
const threads=Number(process.env.TH||2);
const codec=Codec.findEncoderByName('libx264');
const ctx=new CodecContext(); ctx.allocContext3(codec);
ctx.width=W;ctx.height=H;ctx.pixelFormat=C.AV_PIX_FMT_YUV420P;ctx.timeBase=new Rational(1,1000000);ctx.framerate=new Rational(60,1);
ctx.gopSize=-1; ctx.maxBFrames=0; ctx.threadCount=threads; ctx.threadType=2;
const br=BigInt(process.env.BR||10_000_000); ctx.bitRate=br; ctx.rcMaxRate=br; ctx.rcBufferSize=Number(br/60n);
ctx.colorRange=C.AVCOL_RANGE_JPEG; ctx.colorSpace=C.AVCOL_SPC_BT470BG;
const o={preset:process.env.PRESET||'ultrafast',tune:'zerolatency','forced-idr':'1'};
if(hint) o.mb_info='1';
if(extra) o['x264-params']=extra;
const d=Dictionary.fromObject(o);
let r=await ctx.open2(codec,d); if(r<0) throw new Error('open '+r);
const f=new Frame(); f.alloc(); f.format=C.AV_PIX_FMT_YUV420P; f.width=W;f.height=H; r=f.allocBuffer(); 
const [Y,U,V]=f.data; const ls=f.linesize;
// textured background
function fill(t){ for(let y=0;y<H;y++){for(let x=0;x<W;x++) Y[y*ls[0]+x]=((x+t*7)*3^(y+t*3)*5)&0x7f|((x>>4)+(y>>4)&1?0x80:0);} }
const N=90; 
const base=new Uint8Array(Y.length*2+1e6); 
let noise=new Uint8Array(W*2+H*2); for(let i=0;i<noise.length;i++)noise[i]=Math.random()*255;
// prerender a big texture and scroll it
const TW=W*2; const tex=new Uint8Array(TW*(H+N*4)); for(let y=0;y<H+N*4;y++)for(let x=0;x<TW;x++) tex[y*TW+x]= 128+60*Math.sin(x/23+Math.sin(y/17))+40*((x>>5)+(y>>5)&1)+ (noise[(x*7+y*13)%noise.length]&15);
function draw(t){ for(let y=0;y<H;y++) Y.set(tex.subarray((y+t*2)*TW+t*5,(y+t*2)*TW+t*5+W),y*ls[0]); }
U.fill(110);V.fill(140); draw(0);
const pkt=new Packet(); pkt.alloc();
let times=[],sizes=[]; let bx=100;
for(let i=0;i<N;i++){
  if(mode==='motion') draw(i); else if(mode==='small'){ for(let y=0;y<64;y++) Y.fill((i*37+y*5)&255,(y+200)*ls[0]+320,(y+200)*ls[0]+320+64);} 
  f.pts=BigInt(i*16667); f.pictType=C.AV_PICTURE_TYPE_NONE;
  if(hint&&i>0){ f.removeSideData(C.AV_FRAME_DATA_VIDEO_HINT??29); const b=f.newSideData(C.AV_FRAME_DATA_VIDEO_HINT??29,32+16); b.fill(0); b.writeBigUInt64LE(mode==='still'?0n:1n,0); b.writeBigUInt64LE(32n,8); b.writeBigUInt64LE(16n,16); b.writeUInt32LE(1,24); b.writeUInt32LE(320,32); b.writeUInt32LE(192,36); b.writeUInt32LE(64,40); b.writeUInt32LE(80,44);}
  if(process.env.GAP) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,+process.env.GAP);
  const t0=performance.now(); r=ctx.sendFrameSync(f); if(r<0) throw new Error('send '+r); r=ctx.receivePacketSync(pkt); const t1=performance.now();
  if(r<0) {console.log('no packet',r); continue;} const dd=pkt.data; sizes.push(dd.length); pkt.unref(); times.push(t1-t0);
}
const s=times.slice(10).sort((a,b)=>a-b); const z=sizes.slice(10).sort((a,b)=>a-b);
console.log(W+'x'+H,mode,hint?'hint':'',extra,'p50',s[s.length>>1].toFixed(2),'p95',s[s.length*.95|0].toFixed(2),'size p50',z[z.length>>1],'max',z.at(-1),'idr',sizes[0], sizes.slice(1,12).join(' '));
ctx.freeContext();
