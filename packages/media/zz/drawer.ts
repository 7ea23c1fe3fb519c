import { XConnection, createWindow, Painter, SharedImage } from "@wavry/x11";
const [display, w, h, mode, secs] = process.argv.slice(2); const W=+w!,H=+h!;
const c=XConnection.open(display); const win=createWindow(c,{x:0,y:0,width:W,height:H,background:0x203040}); const p=new Painter(c,win);
const TH=H+1200; const img=new SharedImage(c,W*TH*4); const px=new Uint32Array(img.bytes.buffer,img.bytes.byteOffset,W*TH);
for(let y=0;y<TH;y++)for(let x=0;x<W;x++){ const v=128+60*Math.sin(x/37+Math.sin(y/29))+30*(((x>>5)+(y>>5))&1); const n=(Math.imul(x*31+y*17,0x9e3779b1)>>>28); px[y*W+x]=((v+n)&255)<<16|((255-v)&255)<<8|((x+y)&255);} c.sync();
const t0=performance.now(); let n=0;
function frame(){ if(mode==='motion'){ img.putImage(win,p.gc,{width:W,height:TH},{x:0,y:(n*4)%1190,width:W,height:H},0,0); } else if(mode==='small'){ p.fill(win,{x:300,y:200,width:64,height:64},Math.imul(n,0x9e3779b1)>>>8);} else if (mode==='full') { p.fill(win,{x:0,y:0,width:W,height:H},Math.imul(n,0x9e3779b1)>>>8);} c.flush(); n++; const due=t0+n*(mode==='motion'?1000/60:50); if(performance.now()-t0<+secs!*1000) setTimeout(frame,Math.max(0,due-performance.now())); else setTimeout(()=>c[Symbol.dispose](),7000); }
frame();
